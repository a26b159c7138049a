import {memoryEngines, mixedEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...plusOneEngines]) testPointers(engine)
