import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testPointers(engine)
