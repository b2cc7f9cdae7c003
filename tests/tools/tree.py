# SPDX-License-Identifier: GPL-2.0
"""A machine that is made up: directories with the files that tools/ reads."""
import os
import shutil

GPU_NUMBERS = '''vram_total vram_reserved vram_free vram_largest_free
slice_us window_ms averaging trap_charge watchdog_ms guard_traps_limit
guard_irqs_limit guard_resets_limit guard_faults_limit
moves moved_bytes move_pause_max_ns ../soft/executor ../soft/workers'''.split()
ENGINE_NUMBERS = 'idle_time_ns busy_time_ns switch_time_ns resets'.split()
VGPU_NUMBERS = '''vram_size weight cap min traps traps_read traps_write
traps_config traps_vram trap_time_ns unknown_regs faults
migration/state_size migration/dirty_bytes migration/dirty_rate
migration/saves migration/saves_failed migration/loads migration/loads_failed
migration/bytes_sent migration/bytes_received migration/rounds
migration/last_stop_bytes migration/last_stop_ns
migration/last_start_ns'''.split()
WORK_NUMBERS = '''gpu_time_ns wait_time_ns wait_max_ns slices switches
preemptions ops bytes dropped traps_engine fifo_overflows'''.split()
GUARDS = ['guard_traps', 'guard_irqs', 'guard_resets', 'guard_faults']

GPU = '0000:00:05.0'


def uuid(n):
    return f'7e55e7a0-0000-4000-8000-{n:012x}'


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(content if isinstance(content, bytes) else
                (str(content) + '\n').encode())


class Tree:
    """One such machine, below a directory."""

    def __init__(self, root):
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root + '/sys/class/mdev_bus')
        os.makedirs(root + '/proc')

    def gpu_dir(self, gpu=GPU):
        return f'{self.root}/sys/devices/{gpu}'

    def vgpu_dir(self, n, gpu=GPU):
        return f'{self.gpu_dir(gpu)}/{uuid(n)}/vgpu'

    def add_engine(self, name, gpu=GPU, **attrs):
        values = {file: 2000 + i for i, file in enumerate(ENGINE_NUMBERS)}
        values['slice'] = 0
        values['class'] = name.rstrip('0123456789') or name
        values.update(attrs)
        for file, value in values.items():
            write(f'{self.gpu_dir(gpu)}/vgpu/engines/{name}/{file}', value)

    def add_gpu(self, gpu=GPU, engines=('2d',), **attrs):
        path = self.gpu_dir(gpu)
        values = {name: 1000 + i for i, name in enumerate(GPU_NUMBERS)}
        values['policy'] = '[best_effort] equal_share fixed_share'
        values.update({f'compactable/RV100-{size}D': 64 // size
                       for size in (4, 8)})
        values.update(attrs)
        for name, value in values.items():
            write(f'{path}/vgpu/{name}', value)
        for name in engines:
            self.add_engine(name, gpu)
        write(path + '/vendor', '0x1002')
        write(path + '/device', '0x5159')
        os.symlink('../../bus/pci/drivers/vgpu_rv100', path + '/driver')
        for size in (4, 8):
            name = f'RV100-{size}D'
            kind = f'{path}/mdev_supported_types/vgpu_rv100-{name}'
            write(kind + '/name', name)
            write(kind + '/available_instances', 60 // size)
        os.symlink(f'../../devices/{gpu}',
                   f'{self.root}/sys/class/mdev_bus/{gpu}')

    def add_work(self, n, engine, gpu=GPU, **attrs):
        """A vGPU on an engine."""
        values = {name: 200 + i for i, name in enumerate(WORK_NUMBERS)}
        values['limit'] = '33.25'
        values.update(attrs)
        for name, value in values.items():
            write(f'{self.vgpu_dir(n, gpu)}/engines/{engine}/{name}', value)

    def add_vgpu(self, n, gpu=GPU, group=None, on=('2d',), **attrs):
        """Those of @attrs that are by engine are on each of its engines."""
        path = self.vgpu_dir(n, gpu)
        work = {name: attrs.pop(name) for name in WORK_NUMBERS + ['limit']
                if name in attrs}
        values = {name: 100 + i for i, name in enumerate(VGPU_NUMBERS)}
        values.update({name: 'normal' for name in GUARDS})
        values.update(type='RV100-8D', state='ok', min=0)
        values.update(attrs)
        for name, value in values.items():
            write(f'{path}/{name}', value)
        for engine in on:
            self.add_work(n, engine, gpu, **work)
        os.symlink(f'../../../kernel/iommu_groups/{n if group is None else group}',
                   path[:-len('vgpu')] + 'iommu_group')
        os.symlink('../mdev_supported_types/vgpu_rv100-RV100-8D',
                   path[:-len('vgpu')] + 'mdev_type')

    def add_process(self, pid, *args, comm='qemu-system-x86', fds=()):
        path = f'{self.root}/proc/{pid}'
        write(path + '/cmdline', b''.join(
            (a if isinstance(a, bytes) else a.encode()) + b'\0' for a in args))
        write(path + '/comm', comm)
        os.makedirs(path + '/fd')
        for fd, target in enumerate(fds):
            os.symlink(target, f'{path}/fd/{fd}')
