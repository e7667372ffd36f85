#!/usr/bin/env node
import { runCommandLine } from './doctor/command-line.ts'

await runCommandLine()
