import {availableParallelism} from 'node:os'
import test from 'ava'
import {checkCampaignOptions, checkCampaignWorkerOptions} from '../../../src/main/command-line/campaign-options.ts'

const queue = 'redis://localhost'

test('without options a campaign is on this host, on all of its cores', (t) => {
	t.deepEqual(checkCampaignOptions('a.yaml', {}), {
		...{file: 'a.yaml', queue: undefined, folder: 'manyhart-campaign', cores: availableParallelism(), patience: 600},
		...{dryRun: false, withdraw: false, format: 'text'},
	})
})

test('a worker has its own cores, and limits for whatever it waits for', (t) => {
	t.deepEqual(checkCampaignWorkerOptions({queue, label: 'rack-1.2', cores: '3', lease: '5'}), {
		...{queue, name: 'rack-1.2', cores: 3, lease: 5, idle: 3600, patience: 600},
	})
})

test('what cannot be is refused, with what was expected and what came', (t) => {
	const refused = (work: () => unknown, message: string) => t.throws(work, {name: 'UserError', message})
	const campaign = (options: Parameters<typeof checkCampaignOptions>[1]) => () =>
		checkCampaignOptions('a.yaml', options)
	refused(campaign({cores: '0'}), 'Expected --cores from 1 to 1024, got 0')
	refused(campaign({cores: 'all'}), 'Expected --cores from 1 to 1024, got all')
	refused(campaign({out: ''}), 'Expected --out to be a folder, got ""')
	refused(campaign({patience: '5'}), 'Expected --patience with --queue, got --patience alone')
	refused(campaign({withdraw: true}), 'Expected --withdraw with --queue, got --withdraw alone')
	refused(campaign({queue, cores: '2'}), 'Expected --cores without --queue: each worker has its own, got both')
	refused(campaign({queue, dryRun: true, withdraw: true}), 'Expected --dry-run or --withdraw, got both')
	refused(
		campaign({queue, patience: '0'}),
		'Expected --patience to be a number of seconds above 0, 2147483 at most, got 0',
	)
	const worker = (options: Parameters<typeof checkCampaignWorkerOptions>[0]) => () =>
		checkCampaignWorkerOptions({queue, ...options})
	refused(worker({label: 'a b'}), 'Expected --label of at most 64 letters, digits, dots and dashes, got "a b"')
	refused(worker({lease: 'long'}), 'Expected --lease to be a number of seconds above 0, 2147483 at most, got long')
	refused(worker({idle: '-1'}), 'Expected --idle to be a number of seconds above 0, 2147483 at most, got -1')
})
