import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testMemory} from '../execution/memory.ts'

for (const engine of [interpreter, plusOneInterpreter]) testMemory(engine)
