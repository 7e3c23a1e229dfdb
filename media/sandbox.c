/*
 * The filter of system calls is a list of what is allowed, for all kinds but
 * SANDBOX_HARDWARE. What is not on it fails with ENOSYS, as on a kernel that
 * does not have it, and libraries do without; what nobody does but by malice
 * is on a list of its own, and kills. RLIMIT_FSIZE stays as it is: the log may
 * be a file, and no other can be written.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "landlock.h"
#include "log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

#define AREA		"sandbox"

/* Bytes. 4K of ten bits, made H264 of its size, takes half of that, and 8K made
 * smaller two thirds. */
#define MAX_DATA	(UINT64_C(1) << 30)

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

/* In all kinds. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns),
	SCMP_SYS(unshare), SCMP_SYS(bpf), SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
	SCMP_SYS(open_by_handle_at),
};
static const int opening[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),
};
static const int connecting[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
};

/* Allowed in all kinds. */
static const int computing[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(recv),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(send), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(shutdown), SCMP_SYS(close),
	SCMP_SYS(getsockopt), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(brk), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(uname), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};
static const int reading_files[] = {
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64), SCMP_SYS(stat), SCMP_SYS(stat64),
	SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(fadvise64),
	SCMP_SYS(fadvise64_64), SCMP_SYS(arm_fadvise64_64),
	SCMP_SYS(getdents64), SCMP_SYS(getcwd),
};
static const int using_network[] = {
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* What getaddrinfo() and GnuTLS read. /etc as a whole has the cameras'
 * passwords. */
static const char *const network_paths[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
	"/etc/host.conf", "/etc/gai.conf", "/etc/services",
	"/etc/ld.so.cache", "/etc/localtime", "/etc/ssl", "/etc/pki",
	"/etc/ca-certificates", "/etc/gnutls", "/etc/pkcs11",
	"/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/p11-kit",
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	"/dev/urandom", "/dev/null",
};

/* Files */

static void
restrict_files(enum sandbox_kind kind, const char *path)
{
	bool network = kind == SANDBOX_NETWORK;
	size_t n = network ? COUNT(network_paths) : path != NULL ? 1 : 0;

	if (landlock_enter(network ? network_paths : &path, n, network ?
	    LANDLOCK_TCP_CONNECT : LANDLOCK_TCP_NONE) == -1)
		log_info(AREA, "this kernel has no Landlock: lull-media may "
		    "%s: %s", kind == SANDBOX_CODEC ? "do no more for that" :
		    "read any file that the user may", strerror(errno));
}

/* System calls */

static void
add_list(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seccomp_rule_add(f, action, calls[i], 0);
}

/* Memory is executable if it was before, or if it is a library's file. */
static void
add_memory(scmp_filter_ctx f, bool libraries)
{
	static const int maps[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2) };
	const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    PROT_EXEC, 0);
	const struct scmp_arg_cmp code = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    PROT_EXEC | PROT_WRITE, PROT_EXEC);
	const struct scmp_arg_cmp of_file = SCMP_A3(SCMP_CMP_MASKED_EQ,
	    MAP_ANONYMOUS | MAP_SHARED, 0);

	for (size_t i = 0; i < COUNT(maps); i++) {
		seccomp_rule_add(f, SCMP_ACT_ALLOW, maps[i], 1, plain);
		if (libraries)
			seccomp_rule_add(f, SCMP_ACT_ALLOW, maps[i], 2, code,
			    of_file);
	}
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain);
}

/* clone3() hides its flags behind a pointer; without it, the C library uses
 * clone(). abort() signals its own process. */
static void
add_deadly(scmp_filter_ctx f)
{
	add_list(f, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_NE, (uint64_t)getpid(), 0));
}

/* Calls that are harmless with some of their arguments. */
static void
add_some_uses(scmp_filter_ctx f)
{
	static const int fcntls[] = { SCMP_SYS(fcntl), SCMP_SYS(fcntl64) };

	for (size_t i = 0; i < COUNT(fcntls); i++)
		for (unsigned cmd = F_GETFD; cmd <= F_SETFL; cmd++)
			seccomp_rule_add(f, SCMP_ACT_ALLOW, fcntls[i], 1,
			    SCMP_A1(SCMP_CMP_EQ, cmd, 0));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
	    SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    SCMP_A2(SCMP_CMP_EQ, 0, 0));
	seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_NE, FIONREAD, 0));
}

/* Which files these may be is Landlock's to say. */
static void
add_reading(scmp_filter_ctx f)
{
	const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	add_list(f, SCMP_ACT_ALLOW, reading_files, COUNT(reading_files));
}

/* getaddrinfo() asks for the addresses of this host by AF_NETLINK, and goes on
 * without nscd if AF_UNIX fails. */
static void
add_network(scmp_filter_ctx f)
{
	static const unsigned families[] = { AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < COUNT(families); i++)
		seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, families[i], 0));
	seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0));
	add_list(f, SCMP_ACT_ALLOW, using_network, COUNT(using_network));
}

static void
add_allowed(scmp_filter_ctx f, enum sandbox_kind kind)
{
	add_list(f, SCMP_ACT_ALLOW, computing, COUNT(computing));
	add_memory(f, kind == SANDBOX_NETWORK);
	add_some_uses(f);
	if (kind == SANDBOX_CODEC)
		add_list(f, SCMP_ACT_KILL_PROCESS, opening, COUNT(opening));
	else
		add_reading(f);
	if (kind == SANDBOX_NETWORK)
		add_network(f);
	else
		add_list(f, SCMP_ACT_KILL_PROCESS, connecting,
		    COUNT(connecting));
}

/* Drivers may talk with a service of this host. */
static void
add_refused_to_hardware(scmp_filter_ctx f)
{
	static const unsigned families[] = { AF_INET, AF_INET6, AF_PACKET };

	for (size_t i = 0; i < COUNT(families); i++)
		seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket),
		    1, SCMP_A0(SCMP_CMP_EQ, families[i], 0));
}

static int
restrict_calls(enum sandbox_kind kind)
{
	bool hardware = kind == SANDBOX_HARDWARE;
	scmp_filter_ctx f = seccomp_init(hardware ? SCMP_ACT_ALLOW :
	    SCMP_ACT_ERRNO(ENOSYS));
	int ret;

	if (f == NULL)
		return -ENOMEM;
	seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	add_deadly(f);
	if (hardware)
		add_refused_to_hardware(f);
	else
		add_allowed(f, kind);
	ret = seccomp_load(f);
	seccomp_release(f);
	return ret;
}

/* Memory, and threads, which count as processes */

static void
restrict_memory(enum sandbox_kind kind)
{
	static const struct rlimit data = { MAX_DATA, MAX_DATA };
	static const struct rlimit none = { 0, 0 };

	if (kind == SANDBOX_HARDWARE)
		return;
	setrlimit(RLIMIT_DATA, &data);
	setrlimit(RLIMIT_NPROC, &none);
}

static void
enter(enum sandbox_kind kind, const char *path)
{
	int ret;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	restrict_memory(kind);
	if (kind != SANDBOX_HARDWARE)
		restrict_files(kind, path);
	else
		log_info(AREA, "an encoder in hardware may open files and "
		    "devices: lull-media is kept from programs, processes "
		    "and the network alone");
	ret = restrict_calls(kind);
	if (ret < 0)
		log_warn(AREA, "this kernel does not filter system calls: "
		    "%s", strerror(-ret));
}

/* Where the log and the time zone are, nothing asks again. */
void
sandbox_enter(enum sandbox_kind kind, const char *path)
{
	tzset();
	log_prepare();
#ifdef SANITIZED
	(void)enter;
	(void)kind;
	(void)path;
	log_info(AREA, "built with AddressSanitizer: lull-media has none");
#else
	enter(kind, path);
#endif
}
