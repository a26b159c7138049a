import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [interpreter, plusOneInterpreter]) testPointers(engine)
