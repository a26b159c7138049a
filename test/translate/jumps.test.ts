import {regionEngines, tagEngines} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

for (const engine of [...regionEngines, ...tagEngines]) testJumps(engine)
