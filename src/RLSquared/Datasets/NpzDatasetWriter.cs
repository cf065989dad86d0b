using System.IO.Compression;
using System.Runtime.InteropServices;

namespace RLSquared.Datasets;

/// <summary>Writes a set in the layout of OGBench (<see cref="NpzDatasetReader"/>), compressed as theirs are.</summary>
static class NpzDatasetWriter
{
    /// <summary>Writes all parts; they are gone through once for each array.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="parts">The parts of the set.</param>
    /// <param name="isPlace">
    /// Whether an observation is a place, and so what the simulator of OGBench has as positions: its readers then take
    /// the file for one of their own.
    /// </param>
    public static void Write(Stream stream, Func<IEnumerable<GoalDataset>> parts, bool isPlace)
    {
        (long rows, GoalDataset? first) = (0, null);
        foreach (GoalDataset part in parts())
        {
            first ??= part;
            rows += part.Rows;
        }
        if (first is null)
            throw new InvalidDataException("there are no trajectories to write");
        if (first.Action.Numbers > 0 && first.Action.Choices > 0)
        {
            throw new InvalidDataException(
                $"{first.Name}: actions of choices and numbers at once have no place in .npz files");
        }
        int width = first.Observation.Width;
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add(NpzDatasetReader.Observations, "<f4", width, part => MemoryMarshal.AsBytes(part.Observations));
        if (first.Action.Numbers > 0)
            Add(NpzDatasetReader.Actions, "<f4", first.Action.Numbers, part => MemoryMarshal.AsBytes(part.Numbers));
        else
            Add(NpzDatasetReader.Actions, "<i4", first.Action.Choices, part => MemoryMarshal.AsBytes(part.Choices));
        Add(NpzDatasetReader.Terminals, "|b1", 0, part => MemoryMarshal.AsBytes(part.Terminals));
        if (first.HasGoals)
            Add(NpzDatasetReader.Goals, "<f4", first.GoalWidth, part => MemoryMarshal.AsBytes(part.Goals));
        if (isPlace)
        {
            Add("qpos", "<f4", width, part => MemoryMarshal.AsBytes(part.Observations));
            Add("qvel", "<f4", width, part => new byte[part.Observations.Length * sizeof(float)]);
        }

        void Add(string name, string type, int columns, Bytes bytes)
        {
            using Stream entry = archive.CreateEntry(name + ".npy", CompressionLevel.Optimal).Open();
            entry.Write(columns == 0 ? NpyHeader.Write(type, rows) : NpyHeader.Write(type, rows, columns));
            foreach (GoalDataset part in parts())
                entry.Write(bytes(part));
        }
    }

    delegate ReadOnlySpan<byte> Bytes(GoalDataset part);
}
