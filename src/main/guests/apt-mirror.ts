/** Finds the Debian mirror that the host itself uses. */
import {UserError} from '../../errors.ts'
import {environmentVariables} from '../environment.ts'
import {runTool} from './run-tool.ts'

/** One package index of the host's apt sources, of either format, as `apt-get indextargets` lists them. */
export type IndexTarget = Readonly<{
	/** The repository's address. */
	uri: string
	/** The suite or codename in the sources. */
	release: string
	component: string
	/** From the signed Release file; empty before the first `apt-get update`. */
	origin: string
}>

const mirrorVariable = environmentVariables.debianMirror.name
const fields = ['$(REPO_URI)', '$(RELEASE)', '$(COMPONENT)', '$(ORIGIN)'].join('\t')

// Suites that every full mirror has. Those for security or updates may be on another server.
const debianReleases =
	/^(oldoldstable|oldstable|stable|testing|unstable|sid|experimental|buster|bullseye|bookworm|trixie|forky|duke)$/
const remote = /^(https?|ftp|tor\+https?|mirror(\+\w+)?|file|copy):/

/** @returns a mirror's address. @throws UserError if the host's apt sources have none; MissingTool. */
export async function findDebianMirror(signal: AbortSignal | undefined): Promise<string> {
	const chosen = process.env[mirrorVariable]
	if (chosen) return chosen
	const {output} = await runTool('apt-get', ['indextargets', '--format', fields, 'Identifier: Packages'], {signal})
	const mirror = chooseMirror(parseIndexTargets(output))
	if (!mirror)
		throw new UserError(
			`Expected a Debian mirror in this machine's apt sources, got none; set ${mirrorVariable}, or use the guest smp-demo`,
		)
	return mirror
}

export function parseIndexTargets(output: string): IndexTarget[] {
	return output
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => {
			const [uri = '', release = '', component = '', origin = ''] = line.split('\t')
			return {uri, release, component, origin}
		})
}

/** @returns the address of the first source that is a full Debian mirror. */
export function chooseMirror(targets: readonly IndexTarget[]): string | undefined {
	return targets.find(
		({uri, release, component, origin}) =>
			remote.test(uri) &&
			component === 'main' &&
			debianReleases.test(release) &&
			(origin === 'Debian' || (origin === '' && isDebianArchive(uri))),
	)?.uri
}

/** Before the first update only the path tells that a repository is Debian's. */
const isDebianArchive = (uri: string) => /\/debian\/?$|^mirror/.test(uri)
