import {testCodeStores} from '../execution/code-stores.ts'
import {mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...tagEngines]) testCodeStores(engine)
