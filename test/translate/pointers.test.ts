import {memoryEngines, mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...tagEngines]) testPointers(engine)
