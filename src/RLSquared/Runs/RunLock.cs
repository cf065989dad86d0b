using System.Globalization;
using System.Text.Json;
using RLSquared.Files;

namespace RLSquared.Runs;

/// <summary>
/// The right to write to a run folder. One process at a time has it, from the moment in which the folder is made to the
/// end of the training. The system takes it back when the process ends, however it ends.
/// <code>
/// training.lock      locked while a process has the right; a file that is left behind unlocked means nothing
/// training.json      who has it: the process, the machine and since when
/// </code>
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file that is locked.</summary>
    public const string FileName = "training.lock";

    /// <summary>The file that says who has the lock.</summary>
    public const string HolderName = "training.json";

    readonly string folder;
    FileStream? stream;

    RunLock(string folder, FileStream stream) => (this.folder, this.stream) = (folder, stream);

    /// <summary>Whether the lock is still held.</summary>
    public bool IsHeld => stream is not null;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="IOException">Another process has it, and the message says which; or it cannot be written.
    /// </exception>
    public static RunLock Take(string folder) => TryTake(folder) ?? throw new IOException(
        $"{folder} is being trained{Holder(folder)}; wait for its end, stop it, or name another folder");

    /// <summary>Takes the lock of a folder; null if somebody has it.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunLock? TryTake(string folder)
    {
        string path = Path.Combine(folder, FileName);
        while (true)
        {
            FileStream stream;
            try
            {
                stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException failure) when (IsTaken(failure))
            {
                return null;
            }
            if (IsThere(path, stream))
            {
                var taken = new RunLock(folder, stream);
                taken.SayWho();
                return taken;
            }
            stream.Dispose();           // the holder before has just deleted it: this lock is of a file without a name
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (stream is null)
            return;
        Delete(Path.Combine(folder, HolderName));
        if (OperatingSystem.IsWindows())
            stream.Dispose();
        Delete(Path.Combine(folder, FileName));
        stream.Dispose();
        stream = null;
    }

    // A time that no other process has set tells whether the file that is locked is the one that has the name.
    static bool IsThere(string path, FileStream stream)
    {
        if (OperatingSystem.IsWindows())
            return true;                                        // what is open there cannot lose its name
        DateTime mark = DateTime.UnixEpoch.AddTicks(Random.Shared.NextInt64(TimeSpan.TicksPerDay));
        File.SetLastWriteTimeUtc(stream.SafeFileHandle, mark);
        return File.GetLastWriteTimeUtc(path) == File.GetLastWriteTimeUtc(stream.SafeFileHandle);
    }

    // EWOULDBLOCK of Linux and of macOS, and a sharing violation of Windows.
    static bool IsTaken(IOException failure) => failure.HResult is 11 or 35 or unchecked((int)0x80070020);

    void SayWho()
    {
        var holder = new LockHolder(
            Environment.ProcessId, Environment.MachineName,
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        WholeFile.Write(Path.Combine(folder, HolderName),
            JsonSerializer.SerializeToUtf8Bytes(holder, RunJson.Default.LockHolder));
    }

    // It may be gone by now, or not be there yet.
    static string Holder(string folder)
    {
        try
        {
            LockHolder holder = RunJson.Read(
                Path.Combine(folder, HolderName), RunJson.Default.LockHolder, "does not say who trains");
            return $" by process {holder.Process} of {holder.Machine} since {holder.Since}";
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return " by another process";
        }
    }

    static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The folder is gone or not ours any more; a file that is left behind means nothing.
        }
    }
}

/// <summary>What <c>training.json</c> holds.</summary>
/// <param name="Process">The number of the process.</param>
/// <param name="Machine">The name of the machine that it runs on.</param>
/// <param name="Since">When it began.</param>
internal sealed record LockHolder(int Process, string Machine, string Since);
