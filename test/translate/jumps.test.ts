import {plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

for (const engine of [...regionEngines, ...plusOneEngines]) testJumps(engine)
