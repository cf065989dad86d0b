using System.Globalization;
using System.Text;

namespace RLSquared.Datasets;

/// <summary>Writes a set as text (<see cref="CsvDatasetReader"/>); numbers read back to the same bits.</summary>
static class CsvDatasetWriter
{
    public static void Write(Stream stream, Func<IEnumerable<GoalDataset>> parts)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
        writer.NewLine = "\n";
        int trajectory = 0;
        bool isFirst = true;
        var line = new StringBuilder();
        foreach (GoalDataset part in parts())
        {
            if (isFirst)
                writer.WriteLine(string.Join(',', ColumnDatasetReader.NamesOf(part)));
            isFirst = false;
            for (int row = 0; row < part.Rows; row++)
            {
                line.Clear().Append(CultureInfo.InvariantCulture, $"{trajectory + part.TrajectoryOf(row)}");
                Append(part.ObservationOf(row));
                Append(part.ActionOf(row).Numbers);
                foreach (int choice in part.ActionOf(row).Choices)
                    line.Append(CultureInfo.InvariantCulture, $",{choice}");
                if (part.HasGoals)
                    Append(part.GoalOf(row));
                writer.WriteLine(line);
            }
            trajectory += part.Trajectories;
        }

        void Append(ReadOnlySpan<float> numbers)
        {
            foreach (float number in numbers)
                line.Append(CultureInfo.InvariantCulture, $",{number}");
        }
    }
}
