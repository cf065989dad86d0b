namespace RLSquared.Tasks;

/// <summary>The tasks by name.</summary>
public static class TaskCatalogue
{
}
