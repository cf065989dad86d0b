using System.Diagnostics.Metrics;
using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class TrainingMeterTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly MeterListener listener = new();
    readonly List<(Instrument Instrument, double Value)> heard = [];

    public TrainingMeterTests()
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == "RLSquared")
                listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.Start();
    }

    public void Dispose()
    {
        listener.Dispose();
        folder.Dispose();
    }

    // Other tests train at the same time, and only this one's run is called so.
    void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> named = new(tags.ToArray());
        if (named.GetValueOrDefault("rlsquared.run") as string != "heard")
            return;
        Assert.Equal("counting", named["rlsquared.algorithm"]);
        Assert.Equal("bandits", named["rlsquared.task"]);
        lock (heard)
            heard.Add((instrument, value));
    }

    double[] Of(string instrument) =>
        [.. heard.Where(one => one.Instrument.Name == instrument).Select(one => one.Value)];

    [Fact]
    public void A_listener_hears_steps_returns_speed_durations_and_every_figure()
    {
        RunFolder run = RunFolder.Create(folder.At("heard"), Counting.Configuration, "a test");
        using (var counting = new Counting())
            new Training(counting, Budget.OfSteps(30)) { Folder = run }.Run();
        Assert.Equal([10, 10, 10], Of("rlsquared.environment.steps"));
        Assert.Equal([1, 1, 1], Of("rlsquared.training.iterations"));
        Assert.Equal([1, 2, 3], Of("rlsquared.training.return"));
        Assert.Equal([1, 1 / 2.0, 1 / 3.0], Of("rlsquared.figure.loss"));
        Assert.Equal(1, Of("rlsquared.training.progress")[^1]);
        Assert.All(Of("rlsquared.training.throughput"), speed => Assert.True(speed > 0));
        Assert.Equal([0, 0, 0], Of("rlsquared.rollout.duration"));
        Assert.Equal([0, 0, 0], Of("rlsquared.update.duration"));
        heard.Clear();

        using var resumed = new Counting();
        new Training(resumed, Budget.OfSteps(40)) { Folder = run, From = run.ReadLastCheckpoint() }.Run();
        Assert.Equal([10], Of("rlsquared.environment.steps"));          // those of the first session are not new
    }

    [Fact]
    public void Instruments_have_units_and_descriptions()
    {
        RunFolder run = RunFolder.Create(folder.At("heard"), Counting.Configuration, "a test");
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(10)) { Folder = run }.Run();
        Dictionary<string, string?> units = heard.Select(one => one.Instrument)
            .Where(instrument => instrument.Description is not null)
            .DistinctBy(instrument => instrument.Name)
            .ToDictionary(instrument => instrument.Name, instrument => instrument.Unit);
        Assert.Equal("{step}", units["rlsquared.environment.steps"]);
        Assert.Equal("{iteration}", units["rlsquared.training.iterations"]);
        Assert.Equal("{reward}", units["rlsquared.training.return"]);
        Assert.Equal("{step}/s", units["rlsquared.training.throughput"]);
        Assert.Equal("1", units["rlsquared.training.progress"]);
        Assert.Equal("s", units["rlsquared.rollout.duration"]);
        Assert.Equal("s", units["rlsquared.update.duration"]);
    }
}
