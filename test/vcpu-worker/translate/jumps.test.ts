import {regionEngines} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

for (const engine of regionEngines) testJumps(engine)
