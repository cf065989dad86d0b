using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace RLSquared.Gpu.Cuda;

/// <summary>
/// NVIDIA's driver, called by its C interface. The library is part of the driver's installation; nothing of it is
/// shipped.
/// </summary>
static unsafe partial class Driver
{
    const string Library = "nvidia-driver";
    public const int OutOfMemory = 2;

    static readonly Lazy<nint> handle = new(Load);

    static Driver() => NativeLibraries.Register();

    /// <summary>The library's handle; 0 where there is no driver.</summary>
    public static nint Handle => handle.Value;

    static nint Load()
    {
        string[] names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint found))
                return found;
        }
        return 0;
    }

    /// <summary>Resolves this library's name.</summary>
    public static nint Resolve(string name) => name == Library ? Handle : 0;

    /// <summary>Throws unless a call went well.</summary>
    public static void Check(int result, string doing)
    {
        if (result != 0)
            throw new GpuException($"{doing} failed: the driver says {Describe(result)}");
    }

    /// <summary>An error's name and text.</summary>
    public static string Describe(int result)
    {
        byte* name, text;
        if (cuGetErrorName(result, &name) != 0 || cuGetErrorString(result, &text) != 0)
            return $"error {result}";
        return $"{Marshal.PtrToStringUTF8((nint)name)} ({Marshal.PtrToStringUTF8((nint)text)})";
    }

    [LibraryImport(Library)] public static partial int cuInit(uint flags);
    [LibraryImport(Library)] public static partial int cuDriverGetVersion(int* version);
    [LibraryImport(Library)] public static partial int cuDeviceGetCount(int* count);
    [LibraryImport(Library)] public static partial int cuDeviceGet(int* device, int ordinal);
    [LibraryImport(Library)] public static partial int cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library)] public static partial int cuDeviceTotalMem_v2(nuint* bytes, int device);
    [LibraryImport(Library)] public static partial int cuDeviceGetAttribute(int* value, int attribute, int device);
    [LibraryImport(Library)] public static partial int cuDevicePrimaryCtxRetain(nint* context, int device);
    [LibraryImport(Library)] public static partial int cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] public static partial int cuStreamCreate(nint* stream, uint flags);
    [LibraryImport(Library)] public static partial int cuStreamDestroy_v2(nint stream);
    [LibraryImport(Library)] public static partial int cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] public static partial int cuMemAlloc_v2(nint* address, nuint bytes);
    [LibraryImport(Library)] public static partial int cuMemFree_v2(nint address);
    [LibraryImport(Library)] public static partial int cuMemGetInfo_v2(nuint* free, nuint* total);
    [LibraryImport(Library)]
    public static partial int cuMemcpyHtoDAsync_v2(nint to, void* from, nuint bytes, nint stream);
    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoHAsync_v2(void* to, nint from, nuint bytes, nint stream);
    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoDAsync_v2(nint to, nint from, nuint bytes, nint stream);
    [LibraryImport(Library)] public static partial int cuMemsetD8Async(nint to, byte value, nuint count, nint stream);
    [LibraryImport(Library)]
    public static partial int cuModuleLoadDataEx(nint* module, byte* image, uint options, int* names, void** values);
    [LibraryImport(Library)] public static partial int cuModuleUnload(nint module);
    [LibraryImport(Library)] public static partial int cuModuleGetFunction(nint* function, nint module, byte* name);
    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint groupX,
        uint groupY, uint groupZ, uint sharedBytes, nint stream, void** parameters, void** extra);
    [LibraryImport(Library)] public static partial int cuEventCreate(nint* created, uint flags);
    [LibraryImport(Library)] public static partial int cuEventRecord(nint recorded, nint stream);
    [LibraryImport(Library)] public static partial int cuEventSynchronize(nint awaited);
    [LibraryImport(Library)] public static partial int cuEventElapsedTime(float* milliseconds, nint from, nint to);
    [LibraryImport(Library)] public static partial int cuEventDestroy_v2(nint destroyed);
    [LibraryImport(Library)] public static partial int cuStreamBeginCapture_v2(nint stream, int mode);
    [LibraryImport(Library)] public static partial int cuStreamEndCapture(nint stream, nint* graph);
    [LibraryImport(Library)]
    public static partial int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags);
    [LibraryImport(Library)] public static partial int cuGraphLaunch(nint executable, nint stream);
    [LibraryImport(Library)] public static partial int cuGraphExecDestroy(nint executable);
    [LibraryImport(Library)] public static partial int cuGraphDestroy(nint graph);
    [LibraryImport(Library)] public static partial int cuGetErrorName(int error, byte** name);
    [LibraryImport(Library)] public static partial int cuGetErrorString(int error, byte** text);

    /// <summary>A name as the driver wants it.</summary>
    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");
}

/// <summary>Finds the libraries of this assembly's imports.</summary>
static class NativeLibraries
{
    static int registered;

    public static void Register()
    {
        if (Interlocked.Exchange(ref registered, 1) == 0)
        {
            NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) =>
                Driver.Resolve(name) is var driver and not 0 ? driver : Cublas.Resolve(name));
        }
    }
}
