import {memoryEngines, mixedEngines, regionEngines} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines]) testPointers(engine)
