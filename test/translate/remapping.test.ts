import {memoryEngines, mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testRemapping} from '../execution/remapping.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...mixedEngines, ...tagEngines]) testRemapping(engine)
