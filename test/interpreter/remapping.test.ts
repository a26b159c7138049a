import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testRemapping} from '../execution/remapping.ts'

for (const engine of [interpreter, plusOneInterpreter]) testRemapping(engine)
