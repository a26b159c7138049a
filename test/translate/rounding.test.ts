import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testRounding} from '../execution/rounding.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testRounding(engine)
