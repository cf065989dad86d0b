using System.Diagnostics;
using System.Text.Json.Nodes;
using RLSquared.Gpu.Cuda;

namespace RLSquared.Gpu.Benchmark;

/// <summary>Checks and rates of a card.</summary>
static class Figures
{
    /// <summary>All parts, into one JSON.</summary>
    public static void Run(string path)
    {
        var report = new Report(path);
        bool there = false;
        report.Part("card", figures => there = Card(figures));
        if (!there)
            return;
        report.Part("checks", Check);
        report.Part("device", Compare);
        report.Part("gradient", Gradient);
        report.Part("same_bits", SameBits);
        report.Part("products", Products);
        foreach (Precision precision in (Precision[])[Precision.F32, Precision.Tf32, Precision.Bf16])
            report.Part($"rl2_{precision.ToString().ToLowerInvariant()}", figures => Iteration(figures, precision));
        report.Part("rl2_f32_not_recorded", figures => Iteration(figures, Precision.F32, records: false));
    }

    static bool Card(JsonObject figures)
    {
        CardInformation card = CardInformation.Ask();
        figures["complaint"] = card.Complaint;
        if (card.Complaint is not null)
            return false;
        figures["name"] = card.Name;
        figures["memory_gib"] = card.Memory / (double)(1L << 30);
        figures["multiprocessors"] = card.Multiprocessors;
        figures["capability"] = card.Capability.ToString();
        figures["driver_cuda"] = card.CudaName;
        figures["ptx"] = KernelTexts.Version.ToString();
        figures["ptx_of_driver"] = KernelTexts.NewestOf(card.CudaVersion).ToString();
        using var accelerator = new CudaAccelerator();
        figures["cublas"] = accelerator.LibraryVersion;
        (long free, _) = accelerator.Memory();
        figures["free_gib"] = free / (double)(1L << 30);
        return true;
    }

    static void Check(JsonObject figures)
    {
        foreach (bool library in (bool[])[true, false])
        {
            using var accelerator = new CudaAccelerator(useLibrary: library);
            using var math = new GpuMath(accelerator);
            int failed = 0;
            JsonObject errors = [];
            foreach ((string name, double error, double bound) in new Checks(math, scale: 20).Run())
            {
                bool good = error <= bound;
                failed += good ? 0 : 1;
                if (!good)
                    Console.WriteLine($"  check {name}: error {error:g3}, allowed {bound:g3}");
                errors[name] = double.IsFinite(error) ? error : -1;
            }
            JsonObject part = [];
            part["failed"] = failed;
            part["errors"] = errors;
            figures[library ? "library" : "own_product"] = part;
        }
    }

    static void Compare(JsonObject figures)
    {
        using var device = new GpuDevice(new CudaAccelerator());
        using var comparison = new DeviceComparison(device, scale: 9);
        JsonObject errors = [];
        int failed = 0;
        foreach ((string name, double error) in comparison.Run())
        {
            if (!(error <= 2e-5))
            {
                failed++;
                Console.WriteLine($"  device {name}: error {error:g3}");
            }
            errors[name] = double.IsFinite(error) ? error : -1;
        }
        figures["failed"] = failed;
        figures["compared"] = errors.Count;
        figures["errors"] = errors;
    }

    static void Gradient(JsonObject figures)
    {
        using var accelerator = new CudaAccelerator();
        using var math = new GpuMath(accelerator);
        figures["largest_relative_error"] = Checks.GradientError(math,
            new CardRl2Options { Arms = 10, Pulls = 50, Hidden = 64, Trials = 512, Minibatch = 128 });
        using var tensor = new CudaAccelerator(precision: Precision.Tf32);
        using var coarse = new GpuMath(tensor);
        figures["largest_relative_error_tf32"] = Checks.GradientError(coarse,
            new CardRl2Options { Arms = 10, Pulls = 50, Hidden = 64, Trials = 512, Minibatch = 128 });
    }

    static void SameBits(JsonObject figures)
    {
        using var accelerator = new CudaAccelerator();
        using var math = new GpuMath(accelerator);
        figures["twice"] = Checks.SameBitsTwice(math,
            new CardRl2Options { Arms = 10, Pulls = 100, Hidden = 256, Trials = 1024, Minibatch = 256, Epochs = 2 });
    }

    static void Products(JsonObject figures)
    {
        const int n = 4096;
        var random = new Random(1);
        float[] numbers = new float[n * n];
        foreach (Precision precision in (Precision[])[Precision.F32, Precision.Tf32, Precision.Bf16])
        {
            using var accelerator = new CudaAccelerator(precision: precision);
            using var math = new GpuMath(accelerator);
            nint a = accelerator.Allocate(4L * n * n), b = accelerator.Allocate(4L * n * n);
            nint y = accelerator.Allocate(4L * n * n), halfA = accelerator.Allocate(2L * n * n);
            nint halfB = accelerator.Allocate(2L * n * n), halfY = accelerator.Allocate(2L * n * n);
            foreach (nint matrix in (nint[])[a, b])
            {
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = random.NextSingle() - 0.5f;
                accelerator.Upload(Memory.Bytes(numbers), matrix);
            }
            var shape = new ProductShape(false, false, n, n, n, n, n, n);
            string name = precision.ToString().ToLowerInvariant();
            if (accelerator.HasProductLibrary)
            {
                figures[$"{name}_tflops"] = Rate(accelerator, () => math.Product(in shape, a, b, y));
                if (precision == Precision.Bf16)
                {
                    figures["bf16_of_floats_tflops"] = figures["bf16_tflops"]!.GetValue<double>();
                    math.ToHalf((long)n * n, a, halfA);
                    math.ToHalf((long)n * n, b, halfB);
                    figures["bf16_tflops"] =
                        Rate(accelerator, () => accelerator.ProductOfHalves(in shape, halfA, halfB, halfY));
                }
            }
            if (precision == Precision.F32)
            {
                using var plain = new CudaAccelerator(useLibrary: false);
                using var own = new GpuMath(plain);
                figures["own_kernel_tflops"] = Rate(plain, () => own.Product(in shape, a, b, y));
                long large = 1L << 30;
                nint from = accelerator.Allocate(large), to = accelerator.Allocate(large);
                accelerator.Clear(from, large);
                figures["copy_tb_per_second"] =
                    2 * large / 1e12 / Time(accelerator, () => accelerator.Copy(from, to, large));
                figures["map_tb_per_second"] =
                    2 * large / 1e12 / Time(accelerator, () => math.Affine(2, 1, large / 4, from, to));
                accelerator.Free(from);
                accelerator.Free(to);
            }
        }

        double Rate(CudaAccelerator accelerator, Action product) =>
            2.0 * n * n * n / 1e12 / Time(accelerator, product);
    }

    static double Time(CudaAccelerator accelerator, Action work)
    {
        for (int i = 0; i < 3; i++)
            work();
        double[] seconds = new double[20];
        for (int i = 0; i < seconds.Length; i++)
        {
            Func<double> clock = accelerator.StartClock();
            work();
            seconds[i] = clock();
        }
        Array.Sort(seconds);
        return seconds[seconds.Length / 2];
    }

    static void Iteration(JsonObject figures, Precision precision, bool records = true)
    {
        var options = new CardRl2Options { Records = records };
        using var accelerator = new CudaAccelerator(precision: precision);
        using var math = new GpuMath(accelerator);
        using var card = new CardRl2(math, options);
        var watch = Stopwatch.StartNew();
        card.Iterate();
        accelerator.Synchronise();
        figures["first_iteration_seconds"] = watch.Elapsed.TotalSeconds;
        JsonArray all = [];
        var seconds = new List<double>();
        double asked = 0;
        for (int i = 0; i < 5; i++)
        {
            watch.Restart();
            card.Iterate();
            asked = watch.Elapsed.TotalSeconds;
            accelerator.Synchronise();
            seconds.Add(watch.Elapsed.TotalSeconds);
            all.Add((JsonNode)seconds[^1]);
        }
        seconds.Sort();
        double median = seconds[seconds.Count / 2];
        figures["seconds"] = median;
        figures["all_seconds"] = all;
        figures["seconds_to_ask"] = asked;
        figures["steps_per_second"] = card.StepsPerIteration / median;
        watch.Restart();
        card.Play(0, 1, withValues: true, greedy: false);
        accelerator.Synchronise();
        figures["rollout_seconds"] = watch.Elapsed.TotalSeconds;
        watch.Restart();
        card.FindGradient();
        double askedGradient = watch.Elapsed.TotalSeconds;
        accelerator.Synchronise();
        figures["gradient_seconds"] = watch.Elapsed.TotalSeconds;
        figures["gradient_seconds_to_ask"] = askedGradient;
        figures["mean_return"] = card.ReadMeanReturn();
        figures["record_error"] = card.RecordError;
        figures["memory_gib"] = accelerator.Pool.Most / (double)(1L << 30);
        try
        {
            using RecordedWork recorded = accelerator.Record(card.FindGradient);
            recorded.Run();
            accelerator.Synchronise();
            watch.Restart();
            for (int i = 0; i < 5; i++)
                recorded.Run();
            accelerator.Synchronise();
            figures["gradient_seconds_recorded"] = watch.Elapsed.TotalSeconds / 5;
        }
        catch (GpuException error)
        {
            figures["recorded_error"] = error.Message;
        }
    }
}
