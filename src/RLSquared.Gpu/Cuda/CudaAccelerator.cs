using System.Runtime.InteropServices;

namespace RLSquared.Gpu.Cuda;

/// <summary>
/// A card by its driver: one stream, on which everything happens in order. Kernels are compiled by the driver when they
/// are first used.
/// </summary>
sealed unsafe class CudaAccelerator : Accelerator
{
    const int NonBlocking = 1, GroupThreads = 256;

    readonly nint context, stream, blas, workspace;
    readonly MemoryPool pool;
    readonly nint[] functions = new nint[Enum.GetValues<Kernel>().Length];
    readonly List<nint> modules = [];
    readonly Lock loading = new(), multiplying = new();
    readonly Precision precision;
    [ThreadStatic] static nint current;
    bool disposed;

    /// <summary>The first card, or the one that is numbered so.</summary>
    /// <exception cref="GpuException">There is no driver, no card, or the driver is too old.</exception>
    public CudaAccelerator(int ordinal = 0, Precision precision = Precision.F32, bool useLibrary = true)
    {
        this.precision = precision;
        Card = CardInformation.Ask(ordinal);
        if (Card.Complaint is { } complaint)
            throw new GpuException(complaint);
        nint made;
        // Never released: the context is shared with cuBLAS and with others who open the card later.
        Driver.Check(Driver.cuDevicePrimaryCtxRetain(&made, Card.Device), "opening the card");
        context = made;
        MakeCurrent();
        Driver.Check(Driver.cuStreamCreate(&made, NonBlocking), "making a stream");
        stream = made;
        pool = new MemoryPool(Take, GiveBack, Memory);
        if (useLibrary && Cublas.Handle != 0)
        {
            Cublas.Check(Cublas.cublasCreate_v2(&made), "opening cuBLAS");
            blas = made;
            Cublas.Check(Cublas.cublasSetStream_v2(blas, stream), "giving cuBLAS the stream");
            // Room of its own, so that splits of long sums are always found the same way.
            workspace = pool.Allocate(64L << 20);
            Cublas.Check(Cublas.cublasSetWorkspace_v2(blas, workspace, 64 << 20), "giving cuBLAS memory");
        }
    }

    /// <summary>What is known of the card.</summary>
    public CardInformation Card { get; }

    public override string Name => Card.Name;

    public override int GroupSize => GroupThreads;

    public override int MostGroups => Card.Multiprocessors * 16;

    public override bool HasProductLibrary => blas != 0;

    /// <summary>cuBLAS's version; 0 where there is none.</summary>
    public int LibraryVersion
    {
        get
        {
            int version = 0;
            if (blas != 0)
                Cublas.Check(Cublas.cublasGetVersion_v2(blas, &version), "asking cuBLAS");
            return version;
        }
    }

    /// <summary>What is in use.</summary>
    public MemoryPool Pool => pool;

    /// <summary>Bytes free on the card, and in all.</summary>
    public (long Free, long Total) Memory()
    {
        nuint free, total;
        MakeCurrent();
        Driver.Check(Driver.cuMemGetInfo_v2(&free, &total), "asking for free memory");
        return ((long)free, (long)total);
    }

    public override nint Allocate(long bytes)
    {
        MakeCurrent();
        return pool.Allocate(bytes);
    }

    // What was asked for before on the stream is done before what is asked for later, so memory that another tensor
    // gets next is not yet written while the last one is still read.
    public override void Free(nint address) => pool.Free(address);

    public override void Upload(ReadOnlySpan<byte> from, nint to)
    {
        MakeCurrent();
        fixed (byte* source = from)
        {
            Driver.Check(
                Driver.cuMemcpyHtoDAsync_v2(to, source, (nuint)from.Length, stream),
                $"copying {from.Length} bytes to the card");
        }
    }

    public override void Download(nint from, Span<byte> to)
    {
        MakeCurrent();
        fixed (byte* target = to)
        {
            Driver.Check(
                Driver.cuMemcpyDtoHAsync_v2(target, from, (nuint)to.Length, stream),
                $"copying {to.Length} bytes from the card");
            Driver.Check(Driver.cuStreamSynchronize(stream), "waiting for the card");
        }
    }

    public override void Copy(nint from, nint to, long bytes)
    {
        MakeCurrent();
        Driver.Check(Driver.cuMemcpyDtoDAsync_v2(to, from, (nuint)bytes, stream), $"copying {bytes} bytes on the card");
    }

    public override void Clear(nint address, long bytes)
    {
        MakeCurrent();
        Driver.Check(Driver.cuMemsetD8Async(address, 0, (nuint)bytes, stream), $"clearing {bytes} bytes on the card");
    }

    public override void Synchronise()
    {
        MakeCurrent();
        Driver.Check(Driver.cuStreamSynchronize(stream), "waiting for the card");
    }

    public override void Launch(Kernel kernel, (int X, int Y, int Z) groups, ReadOnlySpan<Argument> arguments)
    {
        MakeCurrent();
        nint function = functions[(int)kernel];
        if (function == 0)
            function = Load(kernel);
        void** places = stackalloc void*[arguments.Length];
        fixed (Argument* first = arguments)
        {
            for (int i = 0; i < arguments.Length; i++)
                places[i] = first + i;
            int result = Driver.cuLaunchKernel(function, (uint)groups.X, (uint)groups.Y, (uint)groups.Z,
                GroupThreads, 1, 1, 0, stream, places, null);
            if (result != 0)
                Driver.Check(result, $"running the kernel {kernel} on {groups} groups");
        }
    }

    nint Load(Kernel kernel)
    {
        lock (loading)
        {
            if (functions[(int)kernel] == 0)
                functions[(int)kernel] = LoadKernel(kernel);
            return functions[(int)kernel];
        }
    }

    /// <summary>The kernel in the driver; compiled here, or found in the driver's cache of compiled kernels.</summary>
    nint LoadKernel(Kernel kernel)
    {
        string name = kernel.ToString();
        byte[] text = Driver.Text(KernelTexts.ByName[name]), symbol = Driver.Text(name);
        byte[] log = new byte[4096];
        nint module, function;
        fixed (byte* ptx = text, entry = symbol, errors = log)
        {
            const int errorLog = 5, errorLogSize = 6;
            int* options = stackalloc int[] { errorLog, errorLogSize };
            void** values = stackalloc void*[] { errors, (void*)log.Length };
            int result = Driver.cuModuleLoadDataEx(&module, ptx, 2, options, values);
            if (result != 0)
            {
                string said = Marshal.PtrToStringUTF8((nint)errors) ?? "";
                Driver.Check(result, $"compiling the kernel {name} ({said.Trim()})");
            }
            modules.Add(module);
            Driver.Check(Driver.cuModuleGetFunction(&function, module, entry), $"finding the kernel {name}");
        }
        return function;
    }

    public override bool TryProduct(in ProductShape shape, nint a, nint b, nint y)
    {
        if (blas == 0)
            return false;
        MakeCurrent();
        int compute = precision switch
        {
            Precision.Tf32 => Cublas.Compute32FastTf32,
            Precision.Bf16 => Cublas.Compute32FastBrain,
            _ => Cublas.Compute32,
        };
        Product(in shape, a, b, y, Cublas.Float, Cublas.Float, compute);
        return true;
    }

    /// <summary>The same of half-size numbers.</summary>
    public void ProductOfHalves(in ProductShape shape, nint a, nint b, nint y) =>
        Product(in shape, a, b, y, Cublas.Brain, Cublas.Brain, Cublas.Compute32);

    // cuBLAS counts column by column: to it our row-major y is yᵀ[N, M] = op(b)ᵀ op(a)ᵀ.
    void Product(in ProductShape shape, nint a, nint b, nint y, int type, int typeOfResult, int compute)
    {
        float one = 1, old = shape.Add ? 1 : 0;
        int result;
        lock (multiplying)                                      // a handle of cuBLAS serves one thread at a time
        {
            result = shape.Batch == 1
                ? Cublas.cublasGemmEx(blas, shape.TransposeB ? 1 : 0, shape.TransposeA ? 1 : 0, shape.N, shape.M,
                    shape.K, &one, b, type, shape.Ldb, a, type, shape.Lda, &old, y, typeOfResult, shape.Ldy, compute,
                    -1)
                : Cublas.cublasGemmStridedBatchedEx(blas, shape.TransposeB ? 1 : 0, shape.TransposeA ? 1 : 0,
                    shape.N, shape.M, shape.K, &one, b, type, shape.Ldb, shape.StrideB, a, type, shape.Lda,
                    shape.StrideA, &old, y, typeOfResult, shape.Ldy, shape.StrideY, shape.Batch, compute, -1);
        }
        if (result != 0)
            Cublas.Check(result, $"the product {shape}");
    }

    /// <summary>Starts a clock on the stream; what it returns says the seconds until then.</summary>
    public Func<double> StartClock()
    {
        MakeCurrent();
        nint from = MakeEvent(), to = MakeEvent();
        Driver.Check(Driver.cuEventRecord(from, stream), "starting a clock");
        return () => Stop(from, to);
    }

    static nint MakeEvent()
    {
        nint made;
        Driver.Check(Driver.cuEventCreate(&made, 0), "making a clock");
        return made;
    }

    double Stop(nint from, nint to)
    {
        float milliseconds;
        MakeCurrent();
        Driver.Check(Driver.cuEventRecord(to, stream), "stopping a clock");
        Driver.Check(Driver.cuEventSynchronize(to), "waiting for a clock");
        Driver.Check(Driver.cuEventElapsedTime(&milliseconds, from, to), "reading a clock");
        _ = Driver.cuEventDestroy_v2(from);
        _ = Driver.cuEventDestroy_v2(to);
        return milliseconds / 1e3;
    }

    /// <summary>
    /// Writes down what <paramref name="work"/> asks for instead of doing it; what is returned does it all at once, as
    /// often as it is asked to. The work must not wait for the card, and must have run once before.
    /// </summary>
    public RecordedWork Record(Action work)
    {
        MakeCurrent();
        const int threadLocal = 1;
        Driver.Check(Driver.cuStreamBeginCapture_v2(stream, threadLocal), "beginning to record work");
        nint graph = 0;
        try
        {
            work();
        }
        finally
        {
            int result = Driver.cuStreamEndCapture(stream, &graph);
            if (result != 0)
                Driver.Check(result, "ending to record work");
        }
        nint executable;
        Driver.Check(Driver.cuGraphInstantiateWithFlags(&executable, graph, 0), "preparing recorded work");
        _ = Driver.cuGraphDestroy(graph);
        return new RecordedWork(this, executable);
    }

    /// <summary>Does recorded work again.</summary>
    public void Run(nint executable)
    {
        MakeCurrent();
        Driver.Check(Driver.cuGraphLaunch(executable, stream), "running recorded work");
    }

    nint Take(long bytes)
    {
        nint address;
        MakeCurrent();
        int result = Driver.cuMemAlloc_v2(&address, (nuint)bytes);
        if (result == Driver.OutOfMemory)
            return 0;
        Driver.Check(result, $"allocating {bytes} bytes");
        return address;
    }

    void GiveBack(nint address)
    {
        MakeCurrent();
        Driver.Check(Driver.cuMemFree_v2(address), "freeing memory");
    }

    // The driver keeps the card in use by thread.
    void MakeCurrent()
    {
        if (current == context)
            return;
        Driver.Check(Driver.cuCtxSetCurrent(context), "choosing the card");
        current = context;
    }

    public override void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        MakeCurrent();
        _ = Driver.cuStreamSynchronize(stream);
        if (blas != 0)
        {
            _ = Cublas.cublasDestroy_v2(blas);
            pool.Free(workspace);
        }
        pool.Release();
        foreach (nint module in modules)
            _ = Driver.cuModuleUnload(module);
        _ = Driver.cuStreamDestroy_v2(stream);
    }
}

/// <summary>Work that the driver does at one call.</summary>
sealed class RecordedWork(CudaAccelerator accelerator, nint executable) : IDisposable
{
    /// <summary>Does it.</summary>
    public void Run() => accelerator.Run(executable);

    /// <inheritdoc/>
    public void Dispose() => _ = Driver.cuGraphExecDestroy(executable);
}
