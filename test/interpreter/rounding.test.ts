import {interpreter} from '../execution/engine.ts'
import {testRounding} from '../execution/rounding.ts'

testRounding(interpreter)
