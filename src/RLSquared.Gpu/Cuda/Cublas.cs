using System.Runtime.InteropServices;

namespace RLSquared.Gpu.Cuda;

/// <summary>
/// NVIDIA's library of matrix products, where it is found: version 13, 12 or 11, by its name, in the folder that
/// <c>RL2_CUBLAS</c> names, or in the folders of Python's packages.
/// </summary>
static unsafe partial class Cublas
{
    const string Library = "nvidia-cublas";
    public const int Float = 0, Brain = 14;                         // cudaDataType
    public const int Compute32 = 68, Compute32FastBrain = 75, Compute32FastTf32 = 77;

    static readonly Lazy<(nint Handle, string Path)> found = new(Load);

    static Cublas() => NativeLibraries.Register();

    /// <summary>The library's handle; 0 where there is none.</summary>
    public static nint Handle => found.Value.Handle;

    /// <summary>What was loaded.</summary>
    public static string Path => found.Value.Path;

    /// <summary>Resolves this library's name.</summary>
    public static nint Resolve(string name) => name == Library ? Handle : 0;

    static (nint, string) Load()
    {
        foreach (string path in Candidates())
        {
            if (NativeLibrary.TryLoad(path, out nint handle))
                return (handle, path);
        }
        return (0, "");
    }

    /// <summary>Where it is looked for, in this order.</summary>
    public static IEnumerable<string> Candidates()
    {
        int[] versions = [13, 12, 11];
        bool windows = OperatingSystem.IsWindows();
        string[] names = windows
            ? [.. versions.Select(version => $"cublas64_{version}.dll")]
            : [.. versions.Select(version => $"libcublas.so.{version}")];
        if (Environment.GetEnvironmentVariable("RL2_CUBLAS") is { Length: > 0 } named)
        {
            yield return named;
            foreach (string name in names)
                yield return System.IO.Path.Combine(named, name);
        }
        foreach (string name in names)
            yield return name;
        foreach (string folder in PythonFolders())
        {
            foreach (string name in names)
            {
                string path = System.IO.Path.Combine(folder, name);
                if (File.Exists(path))
                {
                    // The library needs its other half, which lies beside it and on no search path.
                    LoadBeside(path);
                    yield return path;
                }
            }
        }
    }

    static void LoadBeside(string path)
    {
        string light = path.Replace("libcublas.so", "libcublasLt.so", StringComparison.Ordinal)
            .Replace("cublas64_", "cublasLt64_", StringComparison.Ordinal);
        NativeLibrary.TryLoad(light, out _);
    }

    // The folders into which Python's packages nvidia-cublas put it, beneath each site-packages that is easy to find.
    static IEnumerable<string> PythonFolders()
    {
        string?[] roots =
        [
            Environment.GetEnvironmentVariable("VIRTUAL_ENV"), Environment.GetEnvironmentVariable("CONDA_PREFIX"),
            "/usr/local", "/usr",
        ];
        string[] parts = ["nvidia/cu13/lib", "nvidia/cublas/lib", "nvidia/cu12/lib", "nvidia/cublas/bin"];
        foreach (string root in roots.Where(root => root is { Length: > 0 }).Select(root => root!))
        {
            foreach (string library in (string[])["lib", "Lib", "lib64"])
            {
                string folder = System.IO.Path.Combine(root, library);
                if (!Directory.Exists(folder))
                    continue;
                IEnumerable<string> pythons = Directory.GetDirectories(folder, "python3*").Append(folder);
                foreach (string python in pythons)
                {
                    foreach (string packages in (string[])["site-packages", "dist-packages"])
                    {
                        foreach (string part in parts)
                        {
                            string candidate = System.IO.Path.Combine(python, packages, part);
                            if (Directory.Exists(candidate))
                                yield return candidate;
                        }
                    }
                }
            }
        }
    }

    /// <summary>Throws unless a call went well.</summary>
    public static void Check(int result, string doing)
    {
        if (result != 0)
            throw new GpuException($"{doing} failed: cuBLAS says status {result}");
    }

    [LibraryImport(Library)] public static partial int cublasCreate_v2(nint* handle);
    [LibraryImport(Library)] public static partial int cublasDestroy_v2(nint handle);
    [LibraryImport(Library)] public static partial int cublasSetStream_v2(nint handle, nint stream);
    [LibraryImport(Library)] public static partial int cublasGetVersion_v2(nint handle, int* version);
    [LibraryImport(Library)] public static partial int cublasSetWorkspace_v2(nint handle, nint workspace, nuint bytes);
    [LibraryImport(Library)]
    public static partial int cublasGemmEx(nint handle, int transposeA, int transposeB, int m, int n, int k,
        void* alpha, nint a, int typeOfA, int lda, nint b, int typeOfB, int ldb, void* beta, nint c, int typeOfC,
        int ldc, int compute, int algorithm);
    [LibraryImport(Library)]
    public static partial int cublasGemmStridedBatchedEx(nint handle, int transposeA, int transposeB, int m, int n,
        int k, void* alpha, nint a, int typeOfA, int lda, long strideA, nint b, int typeOfB, int ldb, long strideB,
        void* beta, nint c, int typeOfC, int ldc, long strideC, int batch, int compute, int algorithm);
}
