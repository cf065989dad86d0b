using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using RLSquared.Gpu.Kernels;
using GpuAccelerator = RLSquared.Gpu.Accelerator;
using IlgpuKernel = ILGPU.Runtime.Kernel;

namespace RLSquared.Gpu.Tests;

/// <summary>
/// A card simulated by ILGPU on the processor, running the same kernels. Its addresses are no pointers: buffer number
/// and place in it, so that whoever reads one as a pointer is found out.
/// </summary>
sealed class SimulatedAccelerator : GpuAccelerator
{
    const int Shift = 40;

    readonly Context context;
    readonly CPUAccelerator accelerator;
    readonly Dictionary<long, MemoryBuffer1D<byte, Stride1D.Dense>> buffers = [];
    readonly Dictionary<Kernel, (IlgpuKernel Kernel, Type[] Types)> kernels = [];
    readonly Lock one = new();                          // several threads may ask at once
    long next = 1;

    public SimulatedAccelerator(int threads = 4)
    {
        context = Context.Create(builder => builder.CPU(new CPUDevice(threads, 1, 1)));
        accelerator = context.GetCPUDevice(0).CreateCPUAccelerator(context);
        GroupSize = threads;
    }

    public override string Name => "ILGPU's simulation of a card";

    public override int GroupSize { get; }

    public override int MostGroups => 3;

    public override bool HasProductLibrary => false;

    /// <summary>Kernels that ran, by name.</summary>
    public HashSet<Kernel> Ran { get; } = [];

    public override nint Allocate(long bytes)
    {
        // Filled with what is no number, so that results that are not written are found out.
        using Lock.Scope held = one.EnterScope();
        MemoryBuffer1D<byte, Stride1D.Dense> buffer = accelerator.Allocate1D<byte>(Math.Max(bytes, 4));
        buffer.MemSet(accelerator.DefaultStream, 0xFF);
        buffers.Add(next, buffer);
        return (nint)(next++ << Shift);
    }

    public override void Free(nint address)
    {
        using Lock.Scope held = one.EnterScope();
        if (!buffers.Remove(address >> Shift, out MemoryBuffer1D<byte, Stride1D.Dense>? buffer))
            throw new InvalidOperationException("freed twice");
        buffer.Dispose();
    }

    ArrayView<byte> At(nint address)
    {
        ArrayView<byte> all = buffers[address >> Shift].View;
        long place = address & ((1L << Shift) - 1);
        return all.SubView(place, all.Length - place);
    }

    public override void Upload(ReadOnlySpan<byte> from, nint to)
    {
        using Lock.Scope held = one.EnterScope();
        if (from.Length > 0)
            At(to).SubView(0, from.Length).CopyFromCPU(accelerator.DefaultStream, from.ToArray());
    }

    public override void Download(nint from, Span<byte> to)
    {
        using Lock.Scope held = one.EnterScope();
        byte[] copy = new byte[to.Length];
        if (copy.Length > 0)
            At(from).SubView(0, copy.Length).CopyToCPU(accelerator.DefaultStream, copy);
        copy.CopyTo(to);
    }

    public override void Copy(nint from, nint to, long bytes)
    {
        byte[] copy = new byte[bytes];
        Download(from, copy);
        Upload(copy, to);
    }

    public override void Clear(nint address, long bytes) => Upload(new byte[bytes], address);

    public override void Synchronise() => accelerator.Synchronize();

    public override void Launch(Kernel kernel, (int X, int Y, int Z) groups, ReadOnlySpan<Argument> arguments)
    {
        using Lock.Scope held = one.EnterScope();
        if (!kernels.TryGetValue(kernel, out (IlgpuKernel Kernel, Type[] Types) loaded))
        {
            MethodInfo method = KernelSet.Methods[kernel.ToString()];
            loaded = (accelerator.LoadKernel(accelerator.GetBackend().Compile(
                EntryPointDescription.FromExplicitlyGroupedKernel(method), new KernelSpecialization())),
                [.. method.GetParameters().Select(parameter => parameter.ParameterType)]);
            kernels.Add(kernel, loaded);
        }
        if (arguments.Length != loaded.Types.Length)
            throw new ArgumentException($"{kernel} takes {loaded.Types.Length} arguments, not {arguments.Length}");
        object[] values = new object[arguments.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = Convert(in arguments[i], loaded.Types[i], kernel);
        Ran.Add(kernel);
        loaded.Kernel.Launch(accelerator.DefaultStream,
            new KernelConfig(new Index3D(groups.X, groups.Y, groups.Z), new Index3D(GroupSize, 1, 1)), values);
        accelerator.Synchronize();
    }

    object Convert(in Argument argument, Type type, Kernel kernel) => (argument.Kind, type) switch
    {
        (ArgumentKind.Int, _) when type == typeof(int) => argument.Int,
        (ArgumentKind.Float, _) when type == typeof(float) => argument.Float,
        (ArgumentKind.Long, _) when type == typeof(long) => argument.Long,
        (ArgumentKind.Long, _) when type == typeof(ulong) => (ulong)argument.Long,
        (ArgumentKind.Address, _) when type == typeof(ArrayView<float>) => View<float>(argument.Address),
        (ArgumentKind.Address, _) when type == typeof(ArrayView<int>) => View<int>(argument.Address),
        (ArgumentKind.Address, _) when type == typeof(ArrayView<short>) => View<short>(argument.Address),
        (ArgumentKind.Address, _) when type == typeof(ArrayView<byte>) => View<byte>(argument.Address),
        _ => throw new ArgumentException($"{kernel} is given {argument.Kind} for {type}"),
    };

    ArrayView<T> View<T>(nint address)
        where T : unmanaged
    {
        if (address == 0)
            return ArrayView<T>.Empty;
        ArrayView<byte> bytes = At(address);
        int size = Marshal.SizeOf<T>();
        return bytes.SubView(0, bytes.Length / size * size).Cast<T>();
    }

    public override bool TryProduct(in ProductShape shape, nint a, nint b, nint y) => false;

    public override void Dispose()
    {
        foreach ((IlgpuKernel kernel, _) in kernels.Values)
            kernel.Dispose();
        foreach (MemoryBuffer1D<byte, Stride1D.Dense> buffer in buffers.Values)
            buffer.Dispose();
        accelerator.Dispose();
        context.Dispose();
    }
}
