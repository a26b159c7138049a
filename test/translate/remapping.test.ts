import {memoryEngines, mixedEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testRemapping} from '../execution/remapping.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...plusOneEngines]) testRemapping(engine)
