import {testCodeStores} from '../execution/code-stores.ts'
import {interpreter, plusOneInterpreter} from '../execution/engine.ts'

for (const engine of [interpreter, plusOneInterpreter]) testCodeStores(engine)
