#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DESCRIPTORS = 1024, STACK = 8 << 20, NICENESS = 5 };

static void limit(__rlimit_resource_t what, uint64_t value)
{
    const struct rlimit both = { value, value };
    if (setrlimit(what, &both) != 0) {
        struct rlimit known;
        if (getrlimit(what, &known) == 0 && known.rlim_max < value) {
            known.rlim_cur = known.rlim_max;
            setrlimit(what, &known);
        }
    }
}

/* Process 1 watches the memory of all; the data limit is what stops one process between two looks. */
void inside_limits(const struct plan *plan)
{
    limit(RLIMIT_NPROC, plan->numbers.processes);
    limit(RLIMIT_DATA, plan->numbers.memory * 2 + ((uint64_t)256 << 20));
    if (plan->missing & SANDBOX_NO_ROOT) {
        limit(RLIMIT_FSIZE, plan->numbers.temporary); /* else /tmp itself has that size */
    }
    limit(RLIMIT_NOFILE, DESCRIPTORS);
    limit(RLIMIT_STACK, STACK);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 64 << 10);
    limit(RLIMIT_MSGQUEUE, 0);
    setpriority(PRIO_PROCESS, 0, NICENESS);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    const struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    syscall(SYS_capset, &head, none);
}

void inside_identity(unsigned user, unsigned group)
{
    if (user) {
        (void)!setgroups(0, NULL); /* refused where the map allows no groups: then there are none to drop */
        if (setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
            _exit(126);
        }
    }
    drop_capabilities();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* spec: Landlock's kernel documentation: rights on folders are refused for files. */
static void allow(int rules, const char *path, uint64_t access)
{
    const uint64_t on_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    struct landlock_path_beneath_attr below = { .allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    struct stat known;
    if (below.parent_fd >= 0 && fstat(below.parent_fd, &known) == 0) {
        below.allowed_access &= S_ISDIR(known.st_mode) ? access : on_files;
        syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
        close(below.parent_fd);
    }
}

/* Reading and running everywhere the root has something, or where a program needs it; writing in /tmp and to devices. */
bool inside_landlock(const struct plan *plan, bool own_root)
{
    static const char *const readable[] = { "/usr", "/bin", "/lib", "/lib64", "/etc/ssl", "/etc/ld.so.cache", "/etc/alternatives",
                                            "/etc/localtime", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/hosts", "/etc/passwd",
                                            "/etc/group", "/etc/mime.types", "/proc", "/dev" };
    static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
    const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
    const uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    const struct landlock_ruleset_attr attributes = { .handled_access_fs = all };
    const uint64_t on_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    const int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    if (rules < 0) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(readable) && !own_root; i++) {
        allow(rules, readable[i], read);
    }
    for (size_t i = 0; i < plan->bind_count && !own_root; i++) {
        allow(rules, plan->bind_from[i], read);
    }
    if (own_root) {
        allow(rules, "/", read);
    }
    allow(rules, own_root ? "/tmp" : plan->scratch, all);
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        allow(rules, devices[i], on_files);
    }
    const bool done = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return done;
}

/* Doors into the kernel that no function needs: other namespaces, other processes, mounts, modules, tracing, keys. */
static const int forbidden[] = {
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(open_tree),
    SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(unshare),
    SCMP_SYS(setns), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(stime),
    SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at), SCMP_SYS(lookup_dcookie), SCMP_SYS(vhangup), SCMP_SYS(iopl),
    SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(uselib), SCMP_SYS(ustat), SCMP_SYS(sysfs), SCMP_SYS(nfsservctl),
    SCMP_SYS(mbind), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages), SCMP_SYS(set_mempolicy), SCMP_SYS(fanotify_init),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(personality), SCMP_SYS(vm86), SCMP_SYS(vm86old),
};

static bool add_rules(scmp_filter_ctx filter)
{
    static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
    const uint64_t namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    bool fine = true;
    for (size_t i = 0; i < COUNT_OF(forbidden); i++) {
        const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
        fine = fine && (code == 0 || code == -EDOM);
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        const uint64_t flag = (uint64_t)1 << bit;
        if (namespaces & flag) {
            fine = fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)) == 0;
        }
    }
    /* Its flags lie in memory, where a filter can't look: libc falls back to clone. */
    fine = fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    /* TIOCSTI would type into a terminal. */
    fine = fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, 0x5412)) == 0;
    for (int family = 0; family < 64; family++) {
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(families); i++) {
            known = known || families[i] == family;
        }
        if (!known) {
            const struct scmp_arg_cmp same = { .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)family };
            fine = fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, same) == 0;
        }
    }
    return fine;
}

bool inside_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL) {
        return false;
    }
    const bool done = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
        && seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && add_rules(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}
