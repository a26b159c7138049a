import {testCodeStores} from '../execution/code-stores.ts'
import {mixedEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...plusOneEngines]) testCodeStores(engine)
