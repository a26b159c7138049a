import {interpreter} from '../execution/engine.ts'
import {testFarJumps} from '../execution/far-jumps.ts'

for (const engine of [interpreter]) testFarJumps(engine)
