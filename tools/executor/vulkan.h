/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Vulkan device that carries out guests' own programs: lavapipe, which is Mesa's
 * driver for CPUs, or the device that the operator has chosen. It is loaded when it is
 * wanted, for an executor without it still has its built-in kernels.
 *
 * Lavapipe works on a guest's memory itself. A chosen device has memory of its own:
 * vulkan_take() copies the guest's there, vulkan_give() what was changed back.
 */
#ifndef _VULKAN_H
#define _VULKAN_H

#include <stdbool.h>
#include <stdint.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

/* What we call, without the vk in front. */
struct vulkan_calls {
	PFN_vkCreateInstance CreateInstance;
	PFN_vkDestroyInstance DestroyInstance;
	PFN_vkEnumeratePhysicalDevices EnumeratePhysicalDevices;
	PFN_vkGetPhysicalDeviceFeatures2 GetPhysicalDeviceFeatures2;
	PFN_vkGetPhysicalDeviceProperties GetPhysicalDeviceProperties;
	PFN_vkGetPhysicalDeviceMemoryProperties GetPhysicalDeviceMemoryProperties;
	PFN_vkGetPhysicalDeviceQueueFamilyProperties GetPhysicalDeviceQueueFamilyProperties;
	PFN_vkGetDeviceProcAddr GetDeviceProcAddr;
	PFN_vkCreateDevice CreateDevice;
	PFN_vkDestroyDevice DestroyDevice;
	PFN_vkGetDeviceQueue GetDeviceQueue;
	PFN_vkAllocateMemory AllocateMemory;
	PFN_vkFreeMemory FreeMemory;
	PFN_vkMapMemory MapMemory;
	PFN_vkCreateBuffer CreateBuffer;
	PFN_vkDestroyBuffer DestroyBuffer;
	PFN_vkGetBufferMemoryRequirements GetBufferMemoryRequirements;
	PFN_vkBindBufferMemory BindBufferMemory;
	PFN_vkGetBufferDeviceAddress GetBufferDeviceAddress;
	PFN_vkCreateShaderModule CreateShaderModule;
	PFN_vkDestroyShaderModule DestroyShaderModule;
	PFN_vkCreatePipelineLayout CreatePipelineLayout;
	PFN_vkDestroyPipelineLayout DestroyPipelineLayout;
	PFN_vkCreateComputePipelines CreateComputePipelines;
	PFN_vkDestroyPipeline DestroyPipeline;
	PFN_vkCreateCommandPool CreateCommandPool;
	PFN_vkDestroyCommandPool DestroyCommandPool;
	PFN_vkResetCommandPool ResetCommandPool;
	PFN_vkAllocateCommandBuffers AllocateCommandBuffers;
	PFN_vkBeginCommandBuffer BeginCommandBuffer;
	PFN_vkEndCommandBuffer EndCommandBuffer;
	PFN_vkCmdBindPipeline CmdBindPipeline;
	PFN_vkCmdPushConstants CmdPushConstants;
	PFN_vkCmdDispatchBase CmdDispatchBase;
	PFN_vkCmdCopyBuffer CmdCopyBuffer;
	PFN_vkCmdPipelineBarrier CmdPipelineBarrier;
	PFN_vkCreateFence CreateFence;
	PFN_vkDestroyFence DestroyFence;
	PFN_vkResetFences ResetFences;
	PFN_vkWaitForFences WaitForFences;
	PFN_vkGetFenceStatus GetFenceStatus;
	PFN_vkQueueSubmit QueueSubmit;
};

/**
 * struct vulkan_buffer - memory of Vulkan's
 * @buffer: the buffer
 * @memory: what it lies in
 * @size: bytes; 0: there is none
 */
struct vulkan_buffer {
	VkBuffer buffer;
	VkDeviceMemory memory;
	uint64_t size;
};

/**
 * struct vulkan - the device
 * @vk: its functions
 * @host_pointer: one of an extension; NULL where memory is copied
 * @memory: what of ours programs reach, or NULL
 * @size: bytes of that
 * @address: where it is, for programs
 * @lack: what there is not, when something has failed
 * @chosen: a part of the device's name, or NULL for lavapipe. A chosen device works
 *	with memory of its own, and is waited for by looking, so that the time that
 *	it takes is CPU time of who waits, by which guests are charged
 * @reached: what programs reach: our memory, or the device's copy of it
 * @staging: where copied: what was sent, then as much room for what comes back
 * @staged: @staging, mapped
 *
 * The rest is Vulkan's.
 */
struct vulkan {
	struct vulkan_calls vk;
	PFN_vkGetMemoryHostPointerPropertiesEXT host_pointer;
	void *memory;
	uint64_t size;
	uint64_t address;
	const char *lack;
	const char *chosen;
	struct vulkan_buffer reached;
	struct vulkan_buffer staging;
	uint8_t *staged;
	VkInstance instance;
	VkPhysicalDevice physical;
	VkPhysicalDeviceMemoryProperties kinds;
	VkDevice device;
	uint32_t family;
	VkQueue queue;
	VkCommandPool pool;
	VkCommandBuffer commands;
	VkFence fence;
};

bool vulkan_lacks(struct vulkan *v, const char *what);
bool vulkan_open(struct vulkan *v, const char *chosen);
void vulkan_close(struct vulkan *v);
bool vulkan_begin(struct vulkan *v);
bool vulkan_submit(struct vulkan *v);

/* vulkan_memory.c */
bool vulkan_reach(struct vulkan *v, void *memory, uint64_t size);
void vulkan_leave(struct vulkan *v);
bool vulkan_take(struct vulkan *v);
bool vulkan_give(struct vulkan *v);

#endif /* _VULKAN_H */
