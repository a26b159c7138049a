import {interpreter} from '../execution/engine.ts'
import {testJumps} from '../execution/jumps.ts'

testJumps(interpreter)
