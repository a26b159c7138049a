import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testFarJumps} from '../execution/far-jumps.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testFarJumps(engine)
