import {memoryEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testMemory} from '../execution/memory.ts'

for (const engine of [...regionEngines, ...memoryEngines, ...plusOneEngines]) testMemory(engine)
