import {testCalls} from '../execution/calls.ts'
import {interpreter, plusOneInterpreter} from '../execution/engine.ts'

for (const engine of [interpreter, plusOneInterpreter]) testCalls(engine)
