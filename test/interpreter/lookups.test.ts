import {interpreter, plusOneInterpreter} from '../execution/engine.ts'
import {testLookups} from '../execution/lookups.ts'

for (const engine of [interpreter, plusOneInterpreter]) testLookups(engine)
