import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testMemory} from '../execution/memory.ts'

for (const engine of [interpreter, ...tagInterpreters]) testMemory(engine)
