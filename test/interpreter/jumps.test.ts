import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

for (const engine of [interpreter, plusOneInterpreter]) testJumps(engine)
