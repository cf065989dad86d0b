using Parquet;
using Parquet.Schema;
using RLSquared.Datasets;

namespace RLSquared.Cli.Datasets;

/// <summary>Writes a set as an Apache Parquet file (<see cref="ParquetDatasetReader"/>), a row group for each part.
/// </summary>
internal static class ParquetDatasetWriter
{
    /// <summary>The format, for <see cref="GoalDatasetFile"/>.</summary>
    public static GoalDatasetFormat Format { get; } = new(".parquet",
        (path, observation, action) => new ParquetDatasetReader(path, observation, action),
        (stream, parts, _) => WriteAsync(stream, parts).GetAwaiter().GetResult());

    static async Task WriteAsync(Stream stream, Func<IEnumerable<GoalDataset>> parts)
    {
        ParquetWriter? writer = null;
        DataField[] fields = [];
        int trajectory = 0;
        try
        {
            foreach (GoalDataset part in parts())
            {
                if (writer is null)
                {
                    int wholeFrom = 1 + part.Observation.Width + part.Action.Numbers;
                    fields = [.. ColumnDatasetReader.NamesOf(part).Select((name, column) =>
                        column == 0 || (column >= wholeFrom && column < wholeFrom + part.Action.Choices)
                            ? (DataField)new DataField<int>(name) : new DataField<float>(name))];
                    writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream);
                }
                using ParquetRowGroupWriter rowGroup = writer.CreateRowGroup();
                int first = trajectory, field = 0;
                await Write<int>(row => first + part.TrajectoryOf(row));
                for (int d = 0; d < part.Observation.Width; d++)
                    await Write(row => part.ObservationOf(row)[d]);
                for (int c = 0; c < part.Action.Numbers; c++)
                    await Write(row => part.ActionOf(row).Numbers[c]);
                for (int k = 0; k < part.Action.Choices; k++)
                    await Write(row => part.ActionOf(row).Choices[k]);
                for (int g = 0; part.HasGoals && g < part.GoalWidth; g++)
                    await Write(row => part.GoalOf(row)[g]);
                trajectory += part.Trajectories;

                async Task Write<T>(Func<int, T> of) where T : struct
                {
                    T[] values = [.. Enumerable.Range(0, part.Rows).Select(of)];
                    await rowGroup.WriteAsync<T>(fields[field++], values.AsMemory());
                }
            }
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync();
        }
    }
}
