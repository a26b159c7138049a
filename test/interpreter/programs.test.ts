import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testPrograms} from '../execution/programs.ts'

for (const engine of [interpreter, plusOneInterpreter]) testPrograms(engine)
