/** Addresses as bytes: of IPv4 (4), IPv6 (16) and Ethernet (6). */
import {isIPv4, isIPv6} from 'node:net'
import ipaddr from 'ipaddr.js'
import {read32, sameBytes, write32} from './bytes.ts'

/** 4 or 16 bytes. */
export type Address = Uint8Array
/** 6 bytes. */
export type Mac = Uint8Array

export const broadcastMac: Mac = new Uint8Array(6).fill(0xff)
export const broadcastAddress: Address = new Uint8Array(4).fill(0xff)
export const anyAddress: Address = new Uint8Array(4)

/** @returns undefined unless the text is an IPv4 address of four numbers or an IPv6 address; a zone is left out. */
export function parseAddress(text: string): Address | undefined {
	if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
	const [address = ''] = text.split('%', 1)
	return isIPv6(address) ? Uint8Array.from(ipaddr.parse(address).toByteArray()) : undefined
}

export function formatAddress(address: Address): string {
	return address.length === 4 ? address.join('.') : ipaddr.fromByteArray([...address]).toString()
}

export function parseMac(text: string): Mac | undefined {
	if (!/^[\da-f]{1,2}([:-][\da-f]{1,2}){5}$/i.test(text)) return
	return Uint8Array.from(text.split(/[:-]/), (byte) => Number.parseInt(byte, 16))
}

export function formatMac(mac: Mac): string {
	return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** @returns 32 bits. */
export const addressNumber = (address: Address): number => read32(address, 0)

export function addressOf(number: number): Address {
	const address = new Uint8Array(4)
	write32(address, 0, number)
	return address
}

/** Whether the first `bits` of both are equal. */
export function isInNetwork(address: Address, network: Address, bits: number): boolean {
	if (address.length !== network.length) return false
	const whole = bits >> 3
	for (let index = 0; index < whole; index++) if (address[index] !== network[index]) return false
	const rest = bits & 7
	return rest === 0 || (address[whole]! ^ network[whole]!) >> (8 - rest) === 0
}

export const isMulticast = (address: Address): boolean =>
	address.length === 4 ? (address[0]! & 0xf0) === 0xe0 : address[0] === 0xff

export const isUnspecified = (address: Address): boolean => address.every((byte) => byte === 0)

const loopback6 = parseAddress('::1')!
const mapped = parseAddress('::ffff:0.0.0.0')!

/** `::ffff:a.b.c.d` is IPv4 to the host, too. */
const isMapped = (address: Address): boolean => address.length === 16 && isInNetwork(address, mapped, 96)

export function isLoopback(address: Address): boolean {
	if (isMapped(address)) return address[12] === 127
	return address.length === 4 ? address[0] === 127 : sameBytes(address, loopback6)
}

/** Whether a host may be there: no group, no loopback, nothing that the host would take for itself. */
export function isHostAddress(address: Address): boolean {
	if (isMulticast(address) || isLoopback(address) || isUnspecified(address) || isMapped(address)) return false
	return address.length === 16 || (address[0] !== 0 && address[0]! < 240)
}
