using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace RLSquared.Runs;

/// <summary>What a run was made with and on: what <c>environment.json</c> holds.</summary>
public sealed record Machine
{
    /// <summary>The version of RLSquared.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string DotNet { get; init; }

    /// <summary>The operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The instruction set, such as X64 or Arm64.</summary>
    public required string Architecture { get; init; }

    /// <summary>The processor's own name, or the architecture where the system does not tell.</summary>
    public required string Processor { get; init; }

    /// <summary>Logical processors that this process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>Bits of the widest vector that the processor works on at full speed: 512, 256, 128 or 0.</summary>
    public required int SimdBits { get; init; }

    /// <summary>Memory that this process may use, in GiB.</summary>
    public required double MemoryGiB { get; init; }

    /// <summary>This machine.</summary>
    public static Machine Current() => new()
    {
        Version = typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown",
        DotNet = Environment.Version.ToString(),
        OperatingSystem = RuntimeInformation.OSDescription,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        Processor = ProcessorName() ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cores = Environment.ProcessorCount,
        SimdBits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256
            : Vector128.IsHardwareAccelerated ? 128 : 0,
        MemoryGiB = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30), 1),
    };

    /// <summary>Reads an <c>environment.json</c>.</summary>
    /// <exception cref="InvalidDataException">It is not one that this version writes; the message says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Machine Read(string path) =>
        RunJson.Read(path, RunJson.Default.Machine, "does not describe a machine");

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.Machine);

    static string? ProcessorName()
    {
        const string list = "/proc/cpuinfo", key = "model name";
        try
        {
            string? line = File.Exists(list)
                ? File.ReadLines(list).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) : null;
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
                ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        }
        catch (IOException)
        {
            return null;                                    // a name to show, not worth a failed run
        }
    }
}
