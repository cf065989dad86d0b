using System.Runtime.InteropServices;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Scratch memory of one thread for the kernels: native, aligned to a cache line, grown when a kernel asks for more
/// than ever before and kept until the thread is gone. A kernel asks once and hands out the pieces itself, since the
/// next request may move the block.
/// </summary>
internal sealed unsafe class Workspace
{
    private const nuint Alignment = 64;

    [ThreadStatic]
    private static Workspace? current;

    private float* memory;
    private nint capacity;

    private Workspace()
    {
    }

    ~Workspace() => NativeMemory.AlignedFree(memory);

    /// <summary>At least <paramref name="length"/> floats of this thread, with whatever was left in them.</summary>
    public static float* Rent(nint length)
    {
        Workspace workspace = current ??= new Workspace();
        if (length > workspace.capacity)
        {
            nint grown = Math.Max(length, 2 * workspace.capacity);
            NativeMemory.AlignedFree(workspace.memory);
            workspace.memory = null;
            workspace.capacity = 0;
            workspace.memory = (float*)NativeMemory.AlignedAlloc((nuint)grown * sizeof(float), Alignment);
            workspace.capacity = grown;
        }

        return workspace.memory;
    }
}
