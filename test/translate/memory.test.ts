import {memoryEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testMemory} from '../execution/memory.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...tagEngines]) testMemory(engine)
