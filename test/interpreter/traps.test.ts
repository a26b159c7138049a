import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testTraps} from '../execution/traps.ts'

for (const engine of [interpreter, plusOneInterpreter]) testTraps(engine)
