import {interpreter} from '../execution/engine.ts'
import {testPageBorder} from '../execution/page-border.ts'

testPageBorder(interpreter)
