# What the guest of `bench -- io` does. Figures are lines `io NAME VALUE`; their units are in figures.ts.
# The kernel's command line has io_parts=NAME,…, io_seconds=N and io_port=N, where the host's iperf3 listens.
for word in $(cat /proc/cmdline); do
	case $word in io_*) eval "$word" ;; esac
done

wants() { case ",$io_parts," in *,$1,*) true ;; *) false ;; esac }
now() { cut -d' ' -f1 /proc/uptime; }
# NAME COUNT START END: COUNT per second
rate() { echo "$2 $3 $4" | awk -v name="$1" '{ printf "io %s %.1f\n", name, $1 / ($3 - $2) }'; }

# NAME FIELD OPTIONS…: a field of fio's terse output, version 3: 7 and 48 KiB/s, 8 and 49 operations per second,
# which are read and written
measure() {
	name=$1 field=$2
	shift 2
	fio --name=job --thread --time_based --runtime="$io_seconds" --ramp_time=1 --randrepeat=0 --invalidate=0 \
		--output-format=terse --terse-version=3 "$@" 2>/tmp/errors |
		awk -F';' -v name="$name" -v field="$field" '$1 == 3 { printf "io %s %s\n", name, $field }'
	cat /tmp/errors
}

disk() {
	for block in /sys/block/vd*; do
		[ "$(cat "$block/serial")" = "$1" ] && device=/dev/${block##*/}
	done
	disk=$1
	set -- --filename="$device" --direct=1 --ioengine=libaio
	measure "$disk-read" 7 "$@" --rw=read --bs=1M --iodepth=4
	measure "$disk-write" 48 "$@" --rw=write --bs=1M --iodepth=4
	measure "$disk-random-read-1" 8 "$@" --rw=randread --bs=4k --iodepth=1
	measure "$disk-random-write-1" 49 "$@" --rw=randwrite --bs=4k --iodepth=1
	measure "$disk-random-read-32" 8 "$@" --rw=randread --bs=4k --iodepth=32
	measure "$disk-random-write-32" 49 "$@" --rw=randwrite --bs=4k --iodepth=32
}

folder() {
	mkdir -p /mnt && mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share /mnt
	measure share-read 7 --filename=/mnt/big --rw=read --bs=1M --ioengine=psync
	measure share-write 48 --filename=/mnt/new --size=64M --rw=write --bs=1M --ioengine=psync
	measure share-random-read 8 --filename=/mnt/big --rw=randread --bs=4k --ioengine=psync
	cd /mnt/many
	for warm in 1 2; do
		for kind in stat list make remove; do
			began=$(now) count=0
			while [ $count -lt 3 ]; do
				count=$((count + 1))
				case $kind in
				stat) stat -c %s * >/dev/null ;;
				list) find . -type f >/dev/null ;;
				make) mkdir ../made$count && (cd ../made$count && touch $(seq 300)) ;;
				remove) rm -r ../made$count ;;
				esac
			done
			case $kind in
			stat | list) files=$((3 * $(ls | wc -l))) ;;
			*) files=900 ;;
			esac
			[ $warm = 2 ] && rate "share-$kind" $files "$began" "$(now)"
		done
	done
	cd /root
}

# NAME OPTIONS…: Mbit/s, as the receiver counts them
outgoing() {
	name=$1
	shift
	iperf3 --client 10.0.2.2 --port "$io_port" --time "$io_seconds" --omit 1 --format m "$@" |
		awk -v name="$name" '/receiver/ { for (i = 2; i <= NF; i++) if ($i == "Mbits/sec") printf "io %s %s\n", name, $(i - 1) }'
}

network() {
	outgoing net-send
	outgoing net-receive --reverse
	iperf3 --server --daemon --logfile /dev/null
	nginx
	# The host goes on by itself, through the forwards, and ends the machine.
	echo "io: listens"
	sleep 100000
}

ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
wants raw && disk raw
wants qcow2 && disk qcow2
wants share && folder
wants net && network
echo "io: ended"
poweroff -f
