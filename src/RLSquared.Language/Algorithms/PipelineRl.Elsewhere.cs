using RLSquared.Algorithms;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <content>
/// Generators in other processes: which groups they make, with which weights, and how these come to the trainer.
/// </content>
public sealed partial class PipelineRl : IPipelinedAlgorithm
{
    string? IPipelinedAlgorithm.Alone => options.Mode == PipelineMode.FreeRunning ? null
        : $"mode={(options.Mode == PipelineMode.Conventional ? "conventional" : "deterministic")} generates in step " +
          "with the trainer, which generators in other processes cannot; add --set mode=free-running";

    BlockLedger IPipelinedAlgorithm.Ledger => ledger;

    int IPipelinedAlgorithm.WeightVersion => updates;

    int IPipelinedAlgorithm.Queued => queue.Count;

    long IPipelinedAlgorithm.Taken => queue.Next;

    Action<WeightSnapshot, int>? IPipelinedAlgorithm.Published
    {
        get => crew.Published;
        set => crew.Published = value;
    }

    bool IPipelinedAlgorithm.Receive(object maker, long number, byte[] block)
    {
        List<Completion> group = GroupBlock.Read(block, plan, number, updates);
        if (!ledger.Deliver(maker, number))
            return false;
        try
        {
            queue.Add(number, group);
        }
        catch (PipelineException failure)
        {
            queue.Fail(failure);
        }
        return true;
    }

    IBlockMaker IPipelinedAlgorithm.Make(BlockCalls calls)
    {
        // The weights that come are those of a training whose warm start is over: with an adapter, it alone.
        warmStart.IsOver = true;
        StartingModel.Freeze(model, warmStart);
        return new GroupMaker(model, plan, TimeSpan.FromSeconds(options.JudgeSeconds), allWorkers, calls);
    }
}
