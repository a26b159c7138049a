import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

for (const engine of [interpreter, plusOneInterpreter]) testMappings(engine)
