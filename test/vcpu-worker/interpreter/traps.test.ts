import {interpreter} from '../execution/engine.ts'
import {testTraps} from '../execution/traps.ts'

testTraps(interpreter)
