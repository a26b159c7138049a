/** dist/index.d.ts: the library's declarations in one file, with nothing in it that its exports do not need. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {Extractor, ExtractorConfig, ExtractorLogLevel, type IExtractorMessagesConfig} from '@microsoft/api-extractor'
import {BuildError, fromRoot} from './project.ts'

/** Where the compiler writes a declaration file for each source. */
const separate = fromRoot('build/types')
const output = fromRoot('dist/index.d.ts')

/** @returns what was done, in words. */
export async function buildDeclarations(): Promise<string> {
	try {
		await promisify(execFile)(fromRoot('node_modules/.bin/tsc'), ['-p', 'tsconfig.library.json'], {cwd: fromRoot()})
	} catch (error) {
		throw new BuildError((error as {stdout?: string}).stdout || (error as Error).message)
	}
	rollUp()
	return 'written'
}

const quiet = {default: {logLevel: ExtractorLogLevel.None}}
const messages: IExtractorMessagesConfig = {
	compilerMessageReporting: {default: {logLevel: ExtractorLogLevel.Error}},
	// They are about doc comments and reports that we have not.
	extractorMessageReporting: quiet,
	tsdocMessageReporting: quiet,
}

function rollUp(): void {
	const config = ExtractorConfig.prepare({
		packageJsonFullPath: fromRoot('package.json'),
		configObjectFullPath: undefined,
		configObject: {
			projectFolder: fromRoot(),
			mainEntryPointFilePath: `${separate}/main/index.d.ts`,
			compiler: {tsconfigFilePath: fromRoot('tsconfig.library.json')},
			apiReport: {enabled: false},
			docModel: {enabled: false},
			tsdocMetadata: {enabled: false},
			dtsRollup: {enabled: true, untrimmedFilePath: output},
			newlineKind: 'lf',
			messages,
		},
	})
	const problems: string[] = []
	const {succeeded} = Extractor.invoke(config, {
		localBuild: true,
		messageCallback: (message) => {
			if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.formatMessageWithLocation(fromRoot()))
			message.handled = true
		},
	})
	if (!succeeded) throw new BuildError(problems.join('\n'))
}
